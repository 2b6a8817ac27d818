// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/capture/open_module.h"

#include "io/base/cache_folder.h"
#include "io/base/text.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <unistd.h>

namespace expertscope {

namespace {

namespace fs = std::filesystem;

fs::path besideBin()
{
    std::error_code ignored;
    return fs::read_symlink("/proc/self/exe", ignored).parent_path().parent_path();
}

fs::path variable(const char* name)
{
    const char* const value = std::getenv(name);
    return value ? value : "";
}

/// "#define TORCH_VERSION_MAJOR 2" -> "2"
std::string definedIn(const fs::path& header, const std::string& macro)
{
    std::ifstream file(header);
    const std::string begin = "#define " + macro + " ";
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(begin))
            return line.substr(line.find_first_not_of(' ', begin.size()));
    }
    return {};
}

/// Why LibTorch in `folder` is none for us; empty when it is open now.
std::string open(const fs::path& folder)
{
    const fs::path library = folder / "lib" / "libtorch_cpu.so";
    if (access(library.c_str(), R_OK) != 0)
        return library.string() + ": " + std::strerror(errno);
    if (const auto version = torchVersionOf(folder); version && *version != EXPERTSCOPE_TORCH_VERSION)
        return folder.string() + ": LibTorch " + *version;
    // By its full name: its own run path finds what it needs; the module then finds it open under its short name.
    if (dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL))
        return {};
    const char* const reason = dlerror();
    return reason ? reason : library.string() + ": cannot be opened";
}

}

std::optional<std::string> torchVersionOf(const fs::path& folder)
{
    // Macros of a header that has moved once.
    for (const char* name : {"include/torch/headeronly/version.h", "include/torch/csrc/api/include/torch/version.h"}) {
        const std::string major = definedIn(folder / name, "TORCH_VERSION_MAJOR");
        const std::string minor = definedIn(folder / name, "TORCH_VERSION_MINOR");
        if (!major.empty() && !minor.empty())
            return major + '.' + minor;
    }
    return std::nullopt;
}

std::vector<fs::path> torchFolders()
{
    if (const fs::path asked = variable("EXPERTSCOPE_TORCH_DIR"); !asked.empty())
        return {asked};
    std::vector<fs::path> folders{EXPERTSCOPE_TORCH_FOLDER, besideBin() / "lib" / "torch"};
    const auto fixed = folders.end() - folders.begin();
    std::error_code ignored;
    for (fs::directory_iterator entry(cacheFolder(), ignored), end; !ignored && entry != end;
         entry.increment(ignored)) {
        if (entry->path().filename().string().starts_with("libtorch-"))
            folders.push_back(entry->path() / "torch");
    }
    std::sort(folders.begin() + fixed, folders.end());
    return folders;
}

Expected<CaptureModule> openCaptureModule()
{
    std::string tried;
    bool found = false;
    for (const fs::path& folder : torchFolders()) {
        const std::string reason = open(folder);
        found = reason.empty();
        if (found)
            break;
        addPart(tried, reason, "; ");
    }
    if (!found)
        return fail("LibTorch " EXPERTSCOPE_TORCH_VERSION ", which this program was built with, is not to be had here: "
                + tried,
            {},
            "set EXPERTSCOPE_TORCH_DIR to a folder of it that you can read, with lib/ and include/; or run "
            "installer/bootstrap, which fetches one into your cache");

    const fs::path path = besideBin() / "lib" / kCaptureModule;
    void* const module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    CaptureModule entries;
    if (module) {
        entries.capture = reinterpret_cast<decltype(entries.capture)>(dlsym(module, kCaptureEntry));
        entries.serve = reinterpret_cast<decltype(entries.serve)>(dlsym(module, kServeEntry));
    }
    if (!entries.capture || !entries.serve) {
        const char* const reason = dlerror();
        return fail(reason ? reason : "cannot be opened", path.string());
    }
    return entries;
}

}
