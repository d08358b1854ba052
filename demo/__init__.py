"""The main job on made-up people: a demonstration that runs a whole Postroom and looks at it from outside."""
