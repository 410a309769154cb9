/* main.c - sharelink, the operator's command: one table from the words to the function that does it. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "common/data/crypto.h"
#include "common/base/log.h"
#include "services/ctl/commands.h"

static const struct command {
    const char *words[2];                               /* the second may be NULL */
    int (*run)(struct ctl *ctl, int argc, char **argv); /* the words that follow */
    const char *usage, *about;
} commands[] = {
    { { "migrate", NULL }, migrate, "", "bring the database to this version's schema; safe to run twice, also at once" },
    { { "account", "create" }, account_create, "--name NAME --plan PLAN", "make an account and a key with all scopes" },
    { { "account", "list" }, account_list, "", "list the accounts" },
    { { "key", "create" }, key_create, "--account ACCOUNT [--scopes SCOPE,SCOPE]", "make one more key; an account may have two" },
    { { "key", "revoke" }, key_revoke, "KEY_ID", "end a key: slk_ and its 26 characters" },
    { { "dead-letters", "list" }, dead_letters_list, "", "list what could not be delivered or understood" },
    { { "dead-letters", "retry" }, dead_letters_retry, "DELIVERY_ID | --all", "send failed deliveries again" },
    { { "healthcheck", NULL },
      healthcheck,
      "[URL]",
      "ask a daemon's /readyz; the one of SHARELINK_HEALTH_LISTEN or SHARELINK_LISTEN without a URL" },
    { { "smtp-test", NULL }, smtp_test, "ADDRESS", "send a test mail and say what the server answered" },
};

static int print_help(FILE *to)
{
    fprintf(to, "sharelink %s - the operator's command\n\n", SHARELINK_VERSION);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const struct command *command = &commands[i];
        fprintf(to, "  sharelink %s%s%s %s\n      %s\n", command->words[0], command->words[1] ? " " : "",
                command->words[1] ? command->words[1] : "", command->usage, command->about);
    }
    fputs("\nIt reads SHARELINK_DATABASE_URL (the owner's; or SHARELINK_DATABASE_URL_FILE) and, where a command needs them,\n"
          "SHARELINK_SMTP_URL, SHARELINK_MAIL_FROM and the roles' passwords SHARELINK_LINKS_PASSWORD, SHARELINK_VIEWS_PASSWORD\n"
          "and SHARELINK_NOTIFICATIONS_PASSWORD, each also as …_FILE.\n",
          to);
    return to == stdout ? EX_OK : EX_USAGE;
}

static bool is_called(const struct command *command, int argc, char **argv)
{
    return argc > 1 && strcmp(argv[1], command->words[0]) == 0 &&
           (!command->words[1] || (argc > 2 && strcmp(argv[2], command->words[1]) == 0));
}

int main(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        return print_help(stdout);
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (is_called(&commands[i], argc, argv)) {
            int used = commands[i].words[1] ? 3 : 2;
            struct ctl ctl = { .arena = arena_new() };
            log_setup("ctl", LOG_FORMAT_LOGFMT, LOG_LEVEL_WARN);
            crypto_setup();
            int status = ctl_check_names();
            if (status == 0) {
                status = commands[i].run(&ctl, argc - used, argv + used);
            }
            ctl_close(&ctl);
            arena_free(ctl.arena);
            return status;
        }
    }
    return print_help(stderr);
}
