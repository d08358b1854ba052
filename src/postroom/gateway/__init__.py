"""FTP, FTPS and SFTP servers over one virtual file system."""
