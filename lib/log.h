/*
 * One line to stderr a happening, with journald's priority prefix.
 */
#ifndef LOG_H
#define LOG_H

/* Lines above this priority are dropped: 3 err, 4 warning, 6 info, 7 debug. */
void log_level(int);

/* What is added to every line from now on ("request=… op=… user=…"), or
 * NULL.  The text is copied, cut at 255 bytes. */
void log_context(const char *, ...) __attribute__((format(printf, 1, 2)));

void log_err(const char *, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *, ...) __attribute__((format(printf, 1, 2)));

#endif
