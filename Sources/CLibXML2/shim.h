#ifndef CRMSYNC_CLIBXML2_SHIM_H
#define CRMSYNC_CLIBXML2_SHIM_H

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Debian's libxml2 drags in ICU's headers, whose types clash with those of Foundation's own ICU in one program. Only a
   structure that nobody here looks into depends on them. */
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/relaxng.h>
#include <libxml/xmlerror.h>

#if LIBXML_VERSION >= 21400
#define CRMSYNC_LIBXML2 "libxml2.so.16"
#else
#define CRMSYNC_LIBXML2 "libxml2.so.2"
#endif

/* libxml2 is loaded when it is first needed, which for a query of the cluster is while cibadmin works: with the ICU that
   Debian's brings along it takes 1 ms, a third of what is to be done before cibadmin can be started. */
static inline void *crmsync_libxml2(void) {
  static void *library;
  if (!library && !(library = dlopen(CRMSYNC_LIBXML2, RTLD_LAZY | RTLD_LOCAL))) {
    /* As the dynamic loader ends a program. */
    fprintf(stderr, "crmsync: error: %s\n", dlerror());
    _exit(127);
  }
  return library;
}

/* Each function is looked up by its name, with the type its header gives it. */
#define CRMSYNC_LIBXML2_FUNCTION(function) ((__typeof__(&function))dlsym(crmsync_libxml2(), #function))

/* MARK: Parsing */

static inline xmlParserCtxtPtr crmsync_xml_parser(const char *bytes, int size) {
  return CRMSYNC_LIBXML2_FUNCTION(xmlCreateMemoryParserCtxt)(bytes, size);
}
static inline void crmsync_xml_parser_set(xmlParserCtxtPtr parser, int options) {
  CRMSYNC_LIBXML2_FUNCTION(xmlCtxtUseOptions)(parser, options);
}
/* Leaves no event to libxml2's own handlers. XML_SAX2_MAGIC is an unsigned macro beyond Int32, which Swift does not
   import. */
static inline void crmsync_xml_parser_clear(xmlParserCtxtPtr parser) {
  memset(parser->sax, 0, sizeof *parser->sax);
  parser->sax->initialized = XML_SAX2_MAGIC;
}
static inline void crmsync_xml_parse(xmlParserCtxtPtr parser) { CRMSYNC_LIBXML2_FUNCTION(xmlParseDocument)(parser); }
static inline void crmsync_xml_parser_stop(xmlParserCtxtPtr parser) { CRMSYNC_LIBXML2_FUNCTION(xmlStopParser)(parser); }
static inline void crmsync_xml_parser_free(xmlParserCtxtPtr parser) {
  CRMSYNC_LIBXML2_FUNCTION(xmlFreeParserCtxt)(parser);
}

/* Whether a text is a name without colon. */
static inline int crmsync_xml_is_ncname(const xmlChar *text) {
  return CRMSYNC_LIBXML2_FUNCTION(xmlValidateNCName)(text, 0) == 0;
}

/* MARK: Trees and schemas */

static inline xmlDocPtr crmsync_xml_tree(const char *bytes, int size, int options) {
  return CRMSYNC_LIBXML2_FUNCTION(xmlReadMemory)(bytes, size, NULL, NULL, options);
}
static inline void crmsync_xml_tree_free(xmlDocPtr tree) { CRMSYNC_LIBXML2_FUNCTION(xmlFreeDoc)(tree); }
static inline xmlChar *crmsync_xml_attribute(xmlNodePtr node, const char *name) {
  return CRMSYNC_LIBXML2_FUNCTION(xmlGetNoNsProp)(node, (const xmlChar *)name);
}
/* For what libxml2 has made. xmlFree is a variable. */
static inline void crmsync_xml_free(void *pointer) { (*(xmlFreeFunc *)dlsym(crmsync_libxml2(), "xmlFree"))(pointer); }

static inline xmlRelaxNGParserCtxtPtr crmsync_xml_schema_parser(const char *path) {
  return CRMSYNC_LIBXML2_FUNCTION(xmlRelaxNGNewParserCtxt)(path);
}
static inline void crmsync_xml_schema_parser_report(
    xmlRelaxNGParserCtxtPtr parser, xmlStructuredErrorFunc report, void *context) {
  CRMSYNC_LIBXML2_FUNCTION(xmlRelaxNGSetParserStructuredErrors)(parser, report, context);
}
static inline xmlRelaxNGPtr crmsync_xml_schema(xmlRelaxNGParserCtxtPtr parser) {
  return CRMSYNC_LIBXML2_FUNCTION(xmlRelaxNGParse)(parser);
}
static inline void crmsync_xml_schema_parser_free(xmlRelaxNGParserCtxtPtr parser) {
  CRMSYNC_LIBXML2_FUNCTION(xmlRelaxNGFreeParserCtxt)(parser);
}
static inline void crmsync_xml_schema_free(xmlRelaxNGPtr schema) { CRMSYNC_LIBXML2_FUNCTION(xmlRelaxNGFree)(schema); }

static inline xmlRelaxNGValidCtxtPtr crmsync_xml_validator(xmlRelaxNGPtr schema) {
  return CRMSYNC_LIBXML2_FUNCTION(xmlRelaxNGNewValidCtxt)(schema);
}
static inline void crmsync_xml_validator_report(
    xmlRelaxNGValidCtxtPtr validator, xmlStructuredErrorFunc report, void *context) {
  CRMSYNC_LIBXML2_FUNCTION(xmlRelaxNGSetValidStructuredErrors)(validator, report, context);
}
/* What no parser and no validator has a handler for. */
static inline void crmsync_xml_report(xmlStructuredErrorFunc report, void *context) {
  CRMSYNC_LIBXML2_FUNCTION(xmlSetStructuredErrorFunc)(context, report);
}
/* 0 for a tree that fits. */
static inline int crmsync_xml_validate(xmlRelaxNGValidCtxtPtr validator, xmlDocPtr tree) {
  return CRMSYNC_LIBXML2_FUNCTION(xmlRelaxNGValidateDoc)(validator, tree);
}
static inline void crmsync_xml_validator_free(xmlRelaxNGValidCtxtPtr validator) {
  CRMSYNC_LIBXML2_FUNCTION(xmlRelaxNGFreeValidCtxt)(validator);
}

#endif
