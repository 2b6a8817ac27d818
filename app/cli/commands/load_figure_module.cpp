// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands/load_figure_module.h"

#include <filesystem>

#include <dlfcn.h>

namespace expertscope {

Expected<const FigureModule*> loadFigureModule()
{
    namespace fs = std::filesystem;
    std::error_code ignored;
    const fs::path bin = fs::read_symlink("/proc/self/exe", ignored).parent_path();
    const fs::path module = bin.parent_path() / "lib" / kFigureModule;
    if (!fs::exists(module, ignored))
        return fail("this build has no figures: " + module.string() + " is not there", "figure",
            "made with EXPERTSCOPE_GUI=OFF, or bootstrap --no-gui?");
    void* const library = dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL); // for good: Qt does not like to be unloaded
    auto* const entry =
        library ? reinterpret_cast<const FigureModule* (*)()>(dlsym(library, kFigureModuleEntry)) : nullptr;
    if (!entry)
        return fail(dlerror(), "figure");
    return entry();
}

}
