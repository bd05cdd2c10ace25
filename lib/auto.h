/*
 * Foreign objects that end with the block they were declared in.
 *	auto_json json_t *v = NULL;
 */
#ifndef AUTO_H
#define AUTO_H

void auto_json_done(void *);
void auto_file_done(void *);
void auto_fd_done(void *);
void auto_str_done(void *);

#define auto_json __attribute__((cleanup(auto_json_done)))
#define auto_file __attribute__((cleanup(auto_file_done)))
#define auto_fd   __attribute__((cleanup(auto_fd_done)))
#define auto_str  __attribute__((cleanup(auto_str_done)))

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

#endif
