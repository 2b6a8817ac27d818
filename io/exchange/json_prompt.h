// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/exchange/labels.h"
#include "io/exchange/prompts.h"

namespace expertscope {

/// One object of an input as a document.
struct JsonPrompt
{
    Prompt prompt;
    KeysBesideText::Values beside; ///< scalars beside "text", labels if `keys` says so in the end
};

/// Reads {"text" or "token_ids", "name", "labels", …} as Python's json module would. `where` names the object in
/// errors.
Expected<JsonPrompt> readJsonPrompt(std::string_view json, const std::string& where, KeysBesideText& keys);

}
