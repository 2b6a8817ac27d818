// SPDX-License-Identifier: GPL-3.0-or-later
//
// Prompts of the playground as files: what a capture of them reads, and where its trace lies.
#pragma once

#include "io/base/error.h"

#include <QString>
#include <QStringList>

namespace expertscope {

/// Where traces of prompts are kept: prompts/ in cacheFolder().
QString promptFolder();

struct PromptFiles
{
    QString prompts; ///< JSON lines, a document a prompt: "prompt 1", …
    QString trace; ///< to be written
};

/// Writes the prompts into `folder` under a name of the moment, and removes what lies there of older ones but for the
/// newest few.
Expected<PromptFiles> writePrompts(const QString& folder, const QStringList& prompts);

}
