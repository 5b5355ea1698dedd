#pragma once

#include <string.h>

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <cmark-gfm/buffer.h>
#include <cmark-gfm/houdini.h>

static inline bool martlet_cmark_is_block(cmark_node *node) {
    return (cmark_node_get_type(node) & CMARK_NODE_TYPE_MASK) == CMARK_NODE_TYPE_BLOCK;
}

/// Decodes the entity behind an ampersand: gives how many bytes of `source` belong to it, or 0 when it is none, and puts
/// what it stands for in `text`, which has room for 16 bytes.
static inline int martlet_cmark_entity(const unsigned char *source, int count, unsigned char *text, int *length) {
    cmark_strbuf buffer;
    cmark_strbuf_init(cmark_get_default_mem_allocator(), &buffer, 0);
    int used = houdini_unescape_ent(&buffer, source, count);
    *length = buffer.size < 16 ? buffer.size : 0;
    if (used > 0) memcpy(text, buffer.ptr, *length);
    cmark_strbuf_free(&buffer);
    return used;
}
