// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace expertscope::tokenizer {

/// The reference library's normalisers and StripAccents know Unicode 9, its Punctuation knows Unicode 8; whatever later
/// versions added passes them unchanged, and models were trained on that. (Its regular expressions are current.)

/// A code point that came after Unicode 9, among those whose normalisation or being a mark matters.
bool isNewToNormalization(char32_t c);
/// Punctuation that came after Unicode 8.
bool isNewPunctuation(char32_t c);

}
