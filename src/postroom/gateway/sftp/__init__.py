"""The SFTP front end: thin translations from SFTP version 3 to the virtual file system."""
