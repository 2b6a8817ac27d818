// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/lfs_pointer.h"

namespace expertscope {

Expected<void> refuseLfsPointer(std::string_view head, const std::string& where)
{
    if (head.starts_with("version https://git-lfs.github.com/spec/"))
        return fail("is a Git LFS pointer, not the file itself", where, "fetch it: git lfs pull");
    return {};
}

}
