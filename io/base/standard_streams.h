// SPDX-License-Identifier: GPL-3.0-or-later
//
// Standard output that is checked to its end: what is lost on the way is an error, not an exit status of 0.
#pragma once

#include "io/base/error.h"

#include <ostream>
#include <sstream>
#include <string_view>

namespace expertscope {

/// To standard output, at once.
Expected<void> print(std::string_view text);

/// Last of all: whether everything that was printed, by whatever means, has arrived.
Expected<void> finishPrinting();

/// What `write` puts into a stream. A stream that finds no memory goes on without a word; this one throws.
template <class Write> std::string textOf(const Write& write)
{
    std::ostringstream out;
    out.exceptions(std::ios::badbit | std::ios::failbit);
    write(static_cast<std::ostream&>(out));
    return std::move(out).str();
}

}
