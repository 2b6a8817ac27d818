// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace expertscope {

/// Offset of the first byte that is not part of well-formed UTF-8 (no surrogates, no overlong forms), or nothing.
std::optional<std::size_t> invalidUtf8At(std::string_view text);

}
