/*
 * The process that holds the sockets and keeps the workers.
 */
#ifndef MASTER_H
#define MASTER_H

struct conf;
struct err;

/* Take the sockets (systemd's, or RUN_DIR/api.sock and upload.sock), prefork,
 * and keep the number of workers until SIGTERM or SIGINT; then let them finish
 * what they have.  SIGHUP reads conf_path again and replaces every worker, new
 * ones standing before the old ones go.  Returns 0 after a clean end. */
int master_run(struct conf *, const char *conf_path, struct err *)
    __attribute__((warn_unused_result));

#endif
