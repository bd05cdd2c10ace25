/*
 * The built-in provider: deterministic, one policy an agent and phase.  It
 * sees what a language model would see, the task and the tools' results, and
 * picks the next call from that.
 */
#ifndef RULES_H
#define RULES_H

struct provider;

extern const struct provider rules_provider;

#endif
