// SPDX-License-Identifier: GPL-3.0-or-later
//
// Text that people read on its way to standard output: on a terminal through a pager, as git does it.
#pragma once

#include "app/cli/reading/emphasis.h"
#include "io/base/error.h"

#include <cstddef>
#include <string>

namespace expertscope {

struct Page
{
    bool pager = false;
    std::size_t width = 120; ///< columns
    Emphasis emphasis;
};

/// Of standard output. `plain`: as if it were no terminal: what a pipe gets.
Page pageOf(bool plain);

/// Through $EXPERTSCOPE_PAGER, else $PAGER, else less with the options FRX, which leaves alone what fits the screen;
/// with an empty one, or cat, straight to standard output. Errors: those of print().
Expected<void> showPage(const Page& page, const std::string& text);

}
