#pragma once

#include <sys/types.h>
#include <sys/select.h>
#include <sys/time.h>
#include <hiredis/hiredis.h>
#include <hiredis/read.h>
