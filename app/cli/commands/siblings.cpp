// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope capture …, expertscope desktop …: the executable of the family that lies beside this one.
#include "app/cli/command.h"
#include "app/cli/terminal/result_output.h"

#include <cerrno>
#include <cstring>

#include <sys/wait.h>
#include <unistd.h>

namespace expertscope {

namespace {

std::string programOf(const std::string& name)
{
    std::error_code ignored;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
    return self.parent_path() / ("expertscope-" + name);
}

/// Returns only if it cannot be started. `as`: what it is to call itself.
void replaceBy(const std::string& program, std::string as, std::vector<std::string> words)
{
    std::vector<char*> argv{as.data()};
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    execv(program.c_str(), argv.data());
}

int start(const std::string& name, const std::vector<std::string>& words)
{
    const std::string program = programOf(name);
    replaceBy(program, program, words);
    return failed({std::strerror(errno), program, "this build may lack it: see README, --no-torch and --no-gui"});
}

/// What its --help prints; empty where it is not there.
std::string helpOf(const std::string& name)
{
    int ends[2];
    if (pipe(ends) != 0)
        return {};
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        replaceBy(programOf(name), "expertscope-" + name, {"--help"});
        _exit(127);
    }
    close(ends[1]);
    std::string text;
    char buffer[4096];
    for (ssize_t n = 0; child > 0 && (n = read(ends[0], buffer, sizeof buffer)) != 0;) {
        if (n > 0)
            text.append(buffer, std::size_t(n));
        else if (errno != EINTR)
            break;
    }
    close(ends[0]);
    int status = 0;
    if (child > 0)
        waitpid(child, &status, 0);
    return status == 0 ? text : std::string();
}

Command sibling(const std::string& name, const std::string& title)
{
    return {name, title, {}, [name](const std::vector<std::string>& words) { return start(name, words); },
        [name] { return helpOf(name); }};
}

}

Command captureCommand()
{
    return sibling("capture", "Run a checkpoint over prompts and record its routing in a trace");
}

Command desktopCommand()
{
    return sibling("desktop", "Open the window");
}

}
