// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope: every headless command but capture. Parses, calls, reports. The only file that includes CLI11.
#include "io/base/version.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

/// `expertscope capture …` and `expertscope desktop …` start the executable of the family that lies beside this one.
int startSibling(const std::string& name, char** arguments)
{
    std::error_code ignored;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
    const auto sibling = self.parent_path() / ("expertscope-" + name);
    std::vector<char*> argv(arguments, arguments + 1);
    for (char** a = arguments + 2; *a; ++a)
        argv.push_back(*a);
    std::string program = sibling.string();
    argv[0] = program.data();
    argv.push_back(nullptr);
    execv(program.c_str(), argv.data());
    std::fprintf(stderr, "expertscope: %s: %s (this build may lack it: see README, --no-torch and --no-gui)\n",
        program.c_str(), std::strerror(errno));
    return 1;
}

}

int main(int argc, char** argv)
{
    if (argc > 1 && (std::strcmp(argv[1], "capture") == 0 || std::strcmp(argv[1], "desktop") == 0))
        return startSibling(argv[1], argv);

    CLI::App app{"Expertscope: capture, analyse, simulate and draw MoE routing", "expertscope"};
    app.set_version_flag("--version", std::string("expertscope ") + expertscope::kVersion);
    app.require_subcommand(1);
    int status = 0;

    // One block a command: options into its struct, callback into its run function.

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return status;
}
