// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope completion SHELL: the script that makes a shell complete commands, options and some of their values.
#include "app/cli/manual/completion.h"
#include "app/cli/arguments.h"
#include "app/cli/terminal/result_output.h"
#include "io/base/standard_streams.h"

namespace expertscope {

namespace {

int run(const std::string& shell)
{
    const auto script = completionScript(shell);
    if (!script)
        return failed(script.error(), 2);
    const auto written = print(*script);
    return written ? 0 : failed(written.error());
}

Run declare(Arguments& arguments)
{
    const auto shell = std::make_shared<std::string>();
    arguments.option("shell", *shell, "bash, zsh or fish; the script says where it goes").required().choices([] {
        return std::vector<std::string>(std::begin(kShells), std::end(kShells));
    });
    return [shell] { return run(*shell); };
}

}

Command completionCommand()
{
    return {"completion", "Print the script that completes this program's options in a shell", declare};
}

}
