"""Servers of others that files are brought to: SFTP and FTPS behind one seam."""
