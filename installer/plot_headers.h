// SPDX-License-Identifier: GPL-3.0-or-later
//
// QCustomPlot takes 11 s a file to read: precompiled once for the rooms that draw with it (expertscope_library.cmake).
#pragma once

#include "qt_headers.h"

#include <qcustomplot.h>
