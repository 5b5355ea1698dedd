#pragma once

#include <libxml/xmlversion.h>

// Debian's libxml2 shows ICU's headers where it has them, and those do not go with the ones of Foundation.
#undef LIBXML_ICU_ENABLED

#include <libxml/HTMLparser.h>
