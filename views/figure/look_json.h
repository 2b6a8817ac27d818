// SPDX-License-Identifier: GPL-3.0-or-later
//
// Colours and scale in JSON, the same in figure specs and in workspaces.
#pragma once

#include "views/figure/json_keys.h"
#include "views/paint/picture.h"

namespace expertscope {

/// What is left open is left out.
QJsonObject lookJson(const Look& look);
/// Colours, scale and limits, which version 1 of figure specs had under other names: `coloursKey`.
void parseColours(JsonKeys& keys, const char* coloursKey, Look& look);
/// All of it.
void parseLook(JsonKeys& keys, Look& look);
/// Of version 1, which had it at the top.
void parseReducer(JsonKeys& keys, Look& look);

}
