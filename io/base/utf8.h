// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace expertscope {

/// Offset of the first byte that is not part of well-formed UTF-8 (no surrogates, no overlong forms), or nothing.
std::optional<std::size_t> invalidUtf8At(std::string_view text);
/// The three bytes that half a surrogate pair would have are appended as they are.
void appendUtf8(std::string& text, char32_t c);

}
