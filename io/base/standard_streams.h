// SPDX-License-Identifier: GPL-3.0-or-later
//
// Standard output that is checked to its end: what is lost on the way is an error, not an exit status of 0.
#pragma once

#include "io/base/error.h"

#include <ostream>
#include <sstream>
#include <string_view>

namespace expertscope {

/// To standard output, at once. A pipe whose reader has gone (`| head`) ends the program without a word, by SIGPIPE, as
/// readers of any tool expect.
Expected<void> print(std::string_view text);

/// To standard output, at once, for programs that go on when nobody listens any more: finishPrinting() tells in the end.
void printEvent(std::string_view text);

/// Last of all: whether everything that was printed, by whatever means, has arrived. A reader that has gone: as print().
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
