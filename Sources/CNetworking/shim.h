#ifndef CRMSYNC_CNETWORKING_SHIM_H
#define CRMSYNC_CNETWORKING_SHIM_H

#include <stddef.h>

#include <curl/curl.h>
#include <dlfcn.h>
#include <json-c/json.h>
#include <oauth.h>

/* libcurl, liboauth and json-c are loaded when they are first needed: liboauth brings NSS, 5 ms, three times what the
   rest of an agent takes to start, and cluster-glue starts it twice for every operation. Nothing is linked, so each
   function is looked up by its name, with the type its header gives it. */
#define CRMSYNC_LOADED(function) ((__typeof__(&function))dlsym(RTLD_DEFAULT, #function))

/* Returns NULL, or the name of the library that cannot be loaded. liboauth0 of Debian uses the GnuTLS libcurl; a
   process is to hold only one. */
static inline const char *crmsync_load_networking(void) {
  const int mode = RTLD_NOW | RTLD_GLOBAL;
  if (!dlopen("libcurl-gnutls.so.4", mode) && !dlopen("libcurl.so.4", mode)) return "libcurl-gnutls.so.4";
  if (!dlopen("liboauth.so.0", mode)) return "liboauth.so.0";
  if (!dlopen("libjson-c.so.5", mode)) return "libjson-c.so.5";
  return NULL;
}

/* MARK: libcurl. Its setters and getters are variadic, which Swift cannot call: one function a type. */

static inline CURLcode crmsync_curl_global_init(void) {
  return CRMSYNC_LOADED(curl_global_init)(CURL_GLOBAL_DEFAULT);
}
static inline CURL *crmsync_curl_init(void) { return CRMSYNC_LOADED(curl_easy_init)(); }
static inline void crmsync_curl_cleanup(CURL *handle) { CRMSYNC_LOADED(curl_easy_cleanup)(handle); }
static inline void crmsync_curl_reset(CURL *handle) { CRMSYNC_LOADED(curl_easy_reset)(handle); }
static inline CURLcode crmsync_curl_perform(CURL *handle) { return CRMSYNC_LOADED(curl_easy_perform)(handle); }
static inline const char *crmsync_curl_error(CURLcode code) { return CRMSYNC_LOADED(curl_easy_strerror)(code); }

static inline CURLcode crmsync_curl_set(CURL *handle, CURLoption option, long value) {
  return CRMSYNC_LOADED(curl_easy_setopt)(handle, option, value);
}
static inline CURLcode crmsync_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return CRMSYNC_LOADED(curl_easy_setopt)(handle, option, value);
}
static inline CURLcode crmsync_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return CRMSYNC_LOADED(curl_easy_setopt)(handle, option, value);
}
typedef size_t (*crmsync_curl_receive)(char *bytes, size_t size, size_t count, void *context);
static inline CURLcode crmsync_curl_set_function(CURL *handle, CURLoption option, crmsync_curl_receive value) {
  return CRMSYNC_LOADED(curl_easy_setopt)(handle, option, value);
}
static inline long crmsync_curl_get(CURL *handle, CURLINFO info) {
  long value = 0;
  CRMSYNC_LOADED(curl_easy_getinfo)(handle, info, &value);
  return value;
}
/* Seconds since 1970, -1 for what is no date. */
static inline long crmsync_curl_date(const char *text) { return CRMSYNC_LOADED(curl_getdate)(text, NULL); }
static inline struct curl_slist *crmsync_curl_append(struct curl_slist *list, const char *text) {
  return CRMSYNC_LOADED(curl_slist_append)(list, text);
}
static inline void crmsync_curl_free(struct curl_slist *list) { CRMSYNC_LOADED(curl_slist_free_all)(list); }

/* MARK: liboauth. What it returns is freed with free(). */

static inline void crmsync_oauth_add(int *count, char ***parameters, const char *parameter) {
  CRMSYNC_LOADED(oauth_add_param_to_array)(count, parameters, parameter);
}
static inline void crmsync_oauth_sign(
    int *count, char ***parameters, const char *method, const char *consumer, const char *token, const char *secret) {
  CRMSYNC_LOADED(oauth_sign_array2_process)
  (count, parameters, NULL, OA_PLAINTEXT, method, consumer, "", token, secret);
}
/* 6: the oauth_ parameters alone, their values quoted. */
static inline char *crmsync_oauth_header(int count, char **parameters) {
  return CRMSYNC_LOADED(oauth_serialize_url_sep)(count, 1, parameters, (char *)",", 6);
}
static inline void crmsync_oauth_free(int *count, char ***parameters) {
  CRMSYNC_LOADED(oauth_free_array)(count, parameters);
}
static inline char *crmsync_oauth_escape(const char *text) { return CRMSYNC_LOADED(oauth_url_escape)(text); }

/* MARK: json-c */

/* Returns whether `text` is one JSON value and nothing else; `*value` is NULL for `null`. */
static inline int crmsync_json_parse(const char *text, int length, int depth, struct json_object **value) {
  struct json_tokener *tokener = CRMSYNC_LOADED(json_tokener_new_ex)(depth);
  if (!tokener) return 0;
  CRMSYNC_LOADED(json_tokener_set_flags)(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
  *value = CRMSYNC_LOADED(json_tokener_parse_ex)(tokener, text, length);
  // null and numbers end only where something follows: here, the end.
  if (CRMSYNC_LOADED(json_tokener_get_error)(tokener) == json_tokener_continue)
    *value = CRMSYNC_LOADED(json_tokener_parse_ex)(tokener, "", 1);
  enum json_tokener_error error = CRMSYNC_LOADED(json_tokener_get_error)(tokener);
  CRMSYNC_LOADED(json_tokener_free)(tokener);
  return error == json_tokener_success;
}
static inline void crmsync_json_release(struct json_object *value) { CRMSYNC_LOADED(json_object_put)(value); }
static inline enum json_type crmsync_json_type(struct json_object *value) {
  return CRMSYNC_LOADED(json_object_get_type)(value);
}
static inline int crmsync_json_member(struct json_object *object, const char *key, struct json_object **value) {
  return CRMSYNC_LOADED(json_object_object_get_ex)(object, key, value);
}
static inline size_t crmsync_json_count(struct json_object *array) {
  return CRMSYNC_LOADED(json_object_array_length)(array);
}
static inline struct json_object *crmsync_json_element(struct json_object *array, size_t index) {
  return CRMSYNC_LOADED(json_object_array_get_idx)(array, index);
}
static inline const char *crmsync_json_text(struct json_object *value) {
  return CRMSYNC_LOADED(json_object_get_string)(value);
}
static inline int crmsync_json_text_length(struct json_object *value) {
  return CRMSYNC_LOADED(json_object_get_string_len)(value);
}
static inline long long crmsync_json_integer(struct json_object *value) {
  return CRMSYNC_LOADED(json_object_get_int64)(value);
}
static inline int crmsync_json_boolean(struct json_object *value) {
  return CRMSYNC_LOADED(json_object_get_boolean)(value);
}

#endif
