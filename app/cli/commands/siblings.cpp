// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope capture …, expertscope desktop …: the executable of the family that lies beside this one.
#include "app/cli/command.h"
#include "app/cli/terminal/result_output.h"

#include <cerrno>
#include <cstring>

#include <unistd.h>

namespace expertscope {

namespace {

int start(const std::string& name, char** arguments)
{
    std::error_code ignored;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
    std::string program = (self.parent_path() / ("expertscope-" + name)).string();
    std::vector<char*> argv{program.data()};
    for (char** a = arguments + 2; *a; ++a)
        argv.push_back(*a);
    argv.push_back(nullptr);
    execv(program.c_str(), argv.data());
    return failed({std::strerror(errno), program, "this build may lack it: see README, --no-torch and --no-gui"});
}

Command sibling(const std::string& name, const std::string& title)
{
    return {name, title, {}, [name](char** arguments) { return start(name, arguments); }};
}

}

Command captureCommand()
{
    return sibling("capture", "Run a checkpoint over prompts and record its routing: expertscope-capture");
}

Command desktopCommand()
{
    return sibling("desktop", "Open the window: expertscope-desktop");
}

}
