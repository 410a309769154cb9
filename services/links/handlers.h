/* handlers.h - the first step of every endpoint, each in the file of its name. */
#ifndef SHARELINK_LINKS_HANDLERS_H
#define SHARELINK_LINKS_HANDLERS_H

#include "common/loop/flow.h"

flow_step get_account;
flow_step update_account;
flow_step list_interviews;
flow_step put_interview;
flow_step put_interviews;
flow_step get_interview;
flow_step erase_interview;
flow_step create_basic_link;
flow_step get_basic_link;
flow_step get_memberships;
flow_step put_memberships;
flow_step query_memberships;
flow_step change_memberships;
flow_step create_link;
flow_step list_links;
flow_step count_links;
flow_step list_link_reviews;
flow_step list_interview_reviews;
flow_step list_opens;
flow_step show_matrix;
flow_step show_activity;
flow_step get_link;
flow_step update_link;
flow_step delete_link;
flow_step deactivate_link;
flow_step reactivate_link;
flow_step add_reviewers;
flow_step get_reviewer;
flow_step update_reviewer;
flow_step remove_reviewer;
flow_step deactivate_reviewer;
flow_step reactivate_reviewer;
flow_step invite_reviewer;
flow_step invite_reviewers;
flow_step add_interviews;
flow_step remove_interviews;
flow_step create_template;
flow_step list_templates;
flow_step get_standard_template;
flow_step get_template;
flow_step update_template;
flow_step delete_template;
flow_step preview_template;
flow_step show_docs;
flow_step show_docs_asset;

#endif
