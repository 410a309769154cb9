/* content_kinds.c - what make_content.c has made: a reviewer's list, and the text of a link that is searched. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "services/views/content_page.h"
#include "services/views/door.h"
#include "services/views/gather_texts.sql.h"
#include "services/views/make_content.h"
#include "services/views/search_text.h"
#include "services/views/show_content.sql.h"
#include "services/views/visitor.h"

static void put_list(struct flow *flow, struct pg_params *params);
static struct made *read_list(const struct pg_answer *answer);
static void put_texts(struct flow *flow, struct pg_params *params);
static struct made *read_texts(const struct pg_answer *answer);

const struct content_kind content_list = { .statement = &show_content_statement, .put = put_list, .read = read_list };
const struct content_kind content_texts = { .statement = &gather_texts_statement, .put = put_texts, .read = read_texts };

static void put_list(struct flow *flow, struct pg_params *params)
{
    struct show_content_in in = {
        .token_hash = visitor_token_hash(flow),
        .media_path = arena_printf(flow->arena, "%s/media/", visitor_path(flow)),
    };

    show_content_params(params, flow->arena, &in);
}

static struct made *read_list(const struct pg_answer *answer)
{
    int rows = pg_answer_rows(answer);
    struct show_content_out first = show_content_read(answer, 0);

    if (first.door != DOOR_OPEN || !first.head) {
        return NULL;
    }
    size_t count = 0;
    struct content_item *items = mem_alloc((size_t)rows * sizeof *items);
    int64_t *completed_us = mem_alloc((size_t)rows * sizeof *completed_us);
    for (int row = 0; row < rows; row++) {
        struct show_content_out out = show_content_read(answer, row);
        if (out.interview) {
            completed_us[count] = out.completed_us;
            items[count] = (struct content_item){
                .interview = out.interview,
                .job_id = out.job_id,
                .type = out.type,
                .name_rank = out.name_rank,
                .completed_us = out.has_completed_us ? &completed_us[count] : NULL,
                .rating = out.has_rating ? out.rating : 0,
                .is_reviewed = out.is_reviewed,
            };
            count++;
        }
    }
    struct content_page *page =
        content_page_new(first.content_version, first.link_version, first.head, first.has_feedback, items, count);
    free(items);
    free(completed_us);
    return (struct made *)page;
}

static void put_texts(struct flow *flow, struct pg_params *params)
{
    struct gather_texts_in in = { .token_hash = visitor_token_hash(flow) };

    gather_texts_params(params, flow->arena, &in);
}

static struct made *read_texts(const struct pg_answer *answer)
{
    int rows = pg_answer_rows(answer);
    struct gather_texts_out first = gather_texts_read(answer, 0);

    if (first.door != DOOR_OPEN) {
        return NULL;
    }
    size_t count = 0;
    struct search_folds *folds = search_folds_new(first.folds);
    struct search_item *items = mem_alloc((size_t)rows * sizeof *items);
    for (int row = 0; row < rows; row++) {
        struct gather_texts_out out = gather_texts_read(answer, row);
        if (out.interview_id) {
            items[count++] = (struct search_item){
                .texts = out.texts ? out.texts : "",
                .folded = out.folded,
                .places = out.places ? out.places : "",
                .folds = folds,
            };
        }
    }
    struct search_text *text = search_text_new(first.link_version, items, count);
    search_folds_free(folds);
    free(items);
    return (struct made *)text;
}
