// SPDX-License-Identifier: GPL-3.0-or-later
//
// What can be asked, in words: the workspace and the view that answer it.
#include "app/desktop/main_window.h"
#include "app/desktop/palette/palette_item.h"
#include "app/desktop/start/demo_traces.h"
#include "app/desktop/workspace/workspace_actions.h"

namespace expertscope {

std::vector<PaletteItem> questionItems(MainWindow& window, const QString&)
{
    std::vector<PaletteItem> items;
    const bool open = window.session().study() != nullptr;
    for (const Question& question : questions())
        items.push_back({"question:" + question.view, question.text, "question",
            [&window, question] { window.workspaces().show(question.workspace, question.view); }, {}, open || question.demo.isEmpty()});
    return items;
}

}
