// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/whole_file.h"

#include "io/base/interrupts.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <unistd.h>

namespace expertscope {

Expected<void> checkOutput(const std::filesystem::path& path)
{
    if (path.empty())
        return {};
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        return fail(std::strerror(EISDIR), path.string());
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    if (access((folder / "").c_str(), W_OK | X_OK) != 0) // the slash: a file is no folder
        return fail(std::strerror(errno), path.string());
    return {};
}

Expected<void> writeOutput(const std::filesystem::path& path, const std::string& text, const std::string& part)
{
    if (path.empty()) {
        if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
            return fail(std::strerror(errno), "standard output");
        return {};
    }
    const std::filesystem::path beside = path.string() + part;
    errno = 0;
    const Unfinished unfinished(beside);
    std::ofstream file(beside, std::ios::binary);
    file << text;
    file.close();
    std::error_code ignored, error;
    if (!file) {
        const std::string reason = errno ? std::strerror(errno) : "cannot write";
        std::filesystem::remove(beside, ignored);
        return fail(reason, path.string());
    }
    std::filesystem::rename(beside, path, error);
    if (error) {
        std::filesystem::remove(beside, ignored);
        return fail(error.message(), path.string());
    }
    return {};
}

}
