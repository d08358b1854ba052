"""FTP and FTPS over the virtual file system, on pyftpdlib with its idea of "finished" replaced."""
