// SPDX-License-Identifier: GPL-3.0-or-later
//
// From what was typed to a figure spec.
#pragma once

#include "app/cli/figure_module/figure_request.h"
#include "views/figure/figure_spec.h"

namespace expertscope {

/// Usage errors end with 2, all others with 1.
struct Failure
{
    Error error;
    int status = 1;
};
template <class T = void> using Outcome = tl::expected<T, Failure>;

/// What the request says, on top of the spec it may name; paths of its traces are as they can be opened.
Outcome<FigureSpec> specOf(const FigureRequest& request);

}
