#ifndef CRMSYNC_CLIBYAML_SHIM_H
#define CRMSYNC_CLIBYAML_SHIM_H

#include <yaml.h>

#endif
