/* routes.c - the map of the links API: method, path, handler, and the scope that its key must have. */
#include "services/links/handlers.h"
#include "services/links/links.h"

const struct route links_routes[] = {
    { HTTP_PUT, "/v1/interviews/{id}", put_interview, "links.write" },
    { HTTP_GET, "/v1/interviews/{id}", get_interview, "links.read" },
    { HTTP_POST, "/v1/share-links", create_link, "links.write" },
    { HTTP_GET, "/v1/share-links", list_links, "links.read" },
    { HTTP_GET, "/v1/share-links/{id}", get_link, "links.read" },
    { .pattern = NULL },
};
