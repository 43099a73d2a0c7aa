//! Command line + redis.conf + ACL + image variables → the server and the authentication in force.
