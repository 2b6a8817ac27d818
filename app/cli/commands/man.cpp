// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope man: the manual page of all commands, made of what they declare.
#include "app/cli/arguments.h"
#include "app/cli/manual/man_page.h"
#include "app/cli/terminal/result_output.h"
#include "io/base/version.h"
#include "io/base/standard_streams.h"

namespace expertscope {

Command manCommand()
{
    return {"man", "Print the manual page: expertscope man | man -l -", [](Arguments& arguments) -> Run {
                return [arguments] {
                    const auto written = print(manPage(arguments.wholeManual(), kVersion));
                    return written ? 0 : failed(written.error());
                };
            }};
}

}
