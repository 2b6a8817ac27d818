// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/keys_help.h"

#include <QMessageBox>

namespace expertscope {

namespace {

struct Key
{
    const char *keys, *what;
};
constexpr Key kKeys[] = {
    {"arrows", "move the crosshair"},
    {"Enter, click", "pin; with Shift beside other pins"},
    {"I, E", "keep, drop the tokens that chose the expert"},
    {"Backspace", "take out the last filter"},
    {"wheel, W, S", "zoom"},
    {"drag, A, D", "pan"},
    {"F, double click", "show all"},
    {"X", "lines of the crosshair"},
    {"Ctrl+F, F3, Shift+F3", "find in the text; next, previous"},
    {"Space", "play along the text"},
    {", .", "one token back, on"},
    {"Shift+drag in the text", "keep only these tokens"},
    {"Esc", "stop what is computed, else unpin"},
};

}

void showKeys(QWidget* window)
{
    QString rows;
    for (const Key& key : kKeys)
        rows += QString("<tr><td><b>%1</b></td><td>%2</td></tr>").arg(key.keys, key.what);
    auto* box = new QMessageBox(window);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setModal(false);
    box->setWindowTitle("Keys");
    box->setText("<table cellspacing=6>" + rows + "</table>");
    box->show();
}

}
