// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace expertscope::tokenizer {

enum class UnicodeForm
{
    Nfc,
    Nfd,
    Nfkc,
    Nfkd
};

/// Whether the text surely is in this form already; false may also mean "not cheap to tell".
bool surelyNormalized(std::string_view text, UnicodeForm form);
/// Appends the text in this form. Only the stretches that need it are handed to utf8proc.
void appendNormalized(std::string& out, std::string_view text, UnicodeForm form);

}
