#ifndef CRMSYNC_CLIBXML2_SHIM_H
#define CRMSYNC_CLIBXML2_SHIM_H

#include <string.h>
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
