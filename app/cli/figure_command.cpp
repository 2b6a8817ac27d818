// SPDX-License-Identifier: GPL-3.0-or-later
//
// Loads the figure module when a figure is asked for: Qt would cost every other command 60 shared libraries and 15 ms.
#include "app/cli/figure_command.h"

#include <cstdio>
#include <dlfcn.h>
#include <filesystem>

namespace expertscope {

int runFigureCommand(const FigureRequest& request)
{
    namespace fs = std::filesystem;
    std::error_code ignored;
    const fs::path bin = fs::read_symlink("/proc/self/exe", ignored).parent_path();
    const fs::path module = bin.parent_path() / "lib" / kFigureModule;
    if (!fs::exists(module, ignored)) {
        std::fprintf(stderr,
            "expertscope: figure: this build has no figures: %s is not there (made with EXPERTSCOPE_GUI=OFF, or "
            "bootstrap "
            "--no-gui?)\n",
            module.c_str());
        return 1;
    }
    void* const library = dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL);
    auto* const entry = library
        ? reinterpret_cast<const FigureModule* (*)()>(dlsym(library, kFigureModuleEntry))
        : nullptr;
    if (!entry) {
        std::fprintf(stderr, "expertscope: figure: %s\n", dlerror());
        return 1;
    }
    return entry()->run(request); // the module stays loaded: Qt does not like to be unloaded
}

}
