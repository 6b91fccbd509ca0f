#ifndef CRMSYNC_CLIBXML2_SHIM_H
#define CRMSYNC_CLIBXML2_SHIM_H

#include <string.h>

/* Debian's libxml2 drags in ICU's headers, whose types clash with those of Foundation's own ICU in one program. Only a
   structure that nobody here looks into depends on them. */
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/relaxng.h>
#include <libxml/xmlerror.h>

/* xmlFree is a mutable global function pointer, which Swift 6 refuses to touch. */
static inline void crmsync_xml_free(void *pointer) { xmlFree(pointer); }

/* XML_SAX2_MAGIC is an unsigned macro beyond Int32, which Swift does not import. */
static inline void crmsync_sax2_reset(xmlSAXHandlerPtr sax) {
  memset(sax, 0, sizeof *sax);
  sax->initialized = XML_SAX2_MAGIC;
}

#endif
