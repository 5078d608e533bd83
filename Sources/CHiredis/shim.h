/* hiredis, the client library of Redis, as Swift sees it. */
#ifndef COVEY_CHIREDIS_SHIM_H
#define COVEY_CHIREDIS_SHIM_H

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#endif
