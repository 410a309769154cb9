/* commands.h - the commands, each in the file of its first word, and what they share. All return an exit status. */
#ifndef SHARELINK_CTL_COMMANDS_H
#define SHARELINK_CTL_COMMANDS_H

#include "common/base/arena.h"
#include "common/pg/sync.h"

struct ctl {
    struct arena *arena;
    struct pg_sync *pg; /* NULL until ctl_connect */
};

int migrate(struct ctl *ctl, int argc, char **argv);
int account_create(struct ctl *ctl, int argc, char **argv);
int account_list(struct ctl *ctl, int argc, char **argv);
int key_create(struct ctl *ctl, int argc, char **argv);
int key_revoke(struct ctl *ctl, int argc, char **argv);
int dead_letters_list(struct ctl *ctl, int argc, char **argv);
int dead_letters_retry(struct ctl *ctl, int argc, char **argv);
int healthcheck(struct ctl *ctl, int argc, char **argv);
int smtp_test(struct ctl *ctl, int argc, char **argv);

/* Connects by SHARELINK_DATABASE_URL. 0, or the exit status after saying what is wrong. */
int ctl_connect(struct ctl *ctl);
void ctl_close(struct ctl *ctl);
/* 0, or the exit status after saying which SHARELINK_ variables are no setting of any program of ours. */
int ctl_check_names(void);
/* SHARELINK_<name>, one of the table in ctl.c, or the content of the file that SHARELINK_<name>_FILE names; NULL when neither is
 * set. */
const char *ctl_setting(struct ctl *ctl, const char *name);
/* The value after --name, or NULL. */
const char *ctl_option(int argc, char **argv, const char *name);
/* Prints to stderr, and returns status. */
int ctl_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes a key of an account and prints it; scopes: divided by commas, NULL for all. */
int ctl_make_key(struct ctl *ctl, const char *account_id, const char *scopes);

#endif
