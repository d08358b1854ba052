<?php
// Works as programs for the older API do: a token by a form in parts, filters in the address, metaData in
// the body, one new token after a 401.

class Program
{
    private $base;
    private $token = 'outdated';
    public $tokens = 0;

    public function __construct($base)
    {
        $this->base = $base;
    }

    private function send($verb, $url, $body, array $headers)
    {
        $call = curl_init($this->base . $url);
        curl_setopt_array($call, [
            CURLOPT_CUSTOMREQUEST => $verb,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_HTTPHEADER => $headers,
        ]);
        if ($body !== null) {
            curl_setopt($call, CURLOPT_POSTFIELDS, $body);
        }
        $text = curl_exec($call);
        return [curl_getinfo($call, CURLINFO_RESPONSE_CODE), json_decode($text, true)];
    }

    private function renew()
    {
        $this->tokens++;
        [$status, $answer] = $this->send('POST', '/token', [
            'grant_type' => 'client_credentials',
            'client_id' => getenv('CLIENT_ID'),
            'client_secret' => getenv('CLIENT_SECRET'),
            'username' => 'ignored',
        ], []);
        $this->token = $answer['access_token'];
    }

    public function call($verb, $path, array $filter = [], $body = null)
    {
        $url = "/rest/$path" . ($filter ? '?' . http_build_query($filter) : '');
        $answer = $this->send($verb, $url, $body, ["Authorization: Bearer $this->token"]);
        if ($answer[0] === 401) {
            $this->renew();
            $answer = $this->send($verb, $url, $body, ["Authorization: Bearer $this->token"]);
        }
        if ($answer[0] >= 400 && $answer[1]['status'] !== $answer[0]) {
            throw new Exception('an error that does not repeat its status');
        }
        return $answer[1];
    }
}

$program = new Program($argv[1]);
$made = $program->call('POST', 'lists', [], http_build_query(['name' => 'Été & fils']));
$id = $made['list'][0]['id'];
$contacts = $program->call('POST', 'contacts', [], http_build_query([
    'contacts' => [
        ['email' => 'ann@example.org', 'firstName' => 'Ann', 'locale' => 'fr'],
        ['email' => 'bob@example.org', 'mobile' => '+33612345678'],
    ],
]));
$ids = implode(',', array_column($contacts['list'], 'id'));
echo json_encode([
    'made' => $made,
    'emails' => array_column($contacts['list'], 'email'),
    'updated' => $program->call('PUT', 'lists', ['id' => $id], ['metaData' => json_encode(['name' => 'Hiver'])]),
    'added' => $program->call('POST', 'lists', ['action' => 'contactadd', 'id' => $id],
        http_build_query(['metaData' => json_encode(['contactIds' => $ids])])),
    'found' => $program->call('GET', 'contacts', ['email' => 'ann@example.org', 'properties' => 'DEFAULT,listIds']),
    'by_action' => $program->call('POST', 'lists.json', [], ['action' => 'read', 'id' => $id]),
    'wrong' => $program->call('POST', 'contacts', [], ['contacts' => json_encode([['email' => 'no address']])]),
    'removed' => $program->call('DELETE', 'contacts', [], http_build_query(['id' => $ids])),
    'tokens' => $program->tokens,
]);
