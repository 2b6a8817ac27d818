// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/actions/keys_help.h"

#include "views/panels/view.h"

#include <QAction>
#include <QDialog>
#include <QDialogButtonBox>
#include <QMainWindow>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace expertscope {

namespace {

void showText(QMainWindow& window, const QString& id, const QString& title, const QString& html)
{
    auto* box = window.findChild<QDialog*>(id);
    if (!box) {
        box = new QDialog(&window);
        box->setObjectName(id);
        auto* layout = new QVBoxLayout(box);
        auto* text = new QTextBrowser(box);
        text->setFrameShape(QFrame::NoFrame);
        layout->addWidget(text);
        auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, box);
        QObject::connect(buttons, &QDialogButtonBox::rejected, box, &QDialog::close);
        layout->addWidget(buttons);
        box->resize(window.size().boundedTo({560, 520}));
    }
    box->setWindowTitle(title);
    box->findChild<QTextBrowser*>()->setHtml(html);
    box->show();
    box->raise();
}

QString row(const QString& keys, const QString& what)
{
    return QString("<tr><td><b>%1</b>&nbsp;&nbsp;</td><td>%2</td></tr>")
        .arg(keys.toHtmlEscaped(), what.toHtmlEscaped());
}

}

void showKeys(QMainWindow& window, const View* view)
{
    QString html;
    if (view && !view->keys().empty()) {
        html += "<p><b>" + view->accessibleName().toHtmlEscaped() + "</b></p><table cellspacing=4>";
        for (const ViewKey& key : view->keys())
            html += row(key.keys, key.what);
        html += "</table>";
    }
    html += "<p><b>Everywhere</b></p><table cellspacing=4>";
    for (const QAction* action : window.findChildren<QAction*>()) {
        if (action->objectName().contains('.') && !action->shortcut().isEmpty())
            html += row(action->shortcut().toString(QKeySequence::NativeText), action->text().remove('&').remove("…"));
    }
    showText(window, "keysHelp", "Keys", html + "</table>");
}

void showDefinition(QMainWindow& window, const View* view)
{
    const QString definition = view ? view->definition() : QString();
    showText(window, "definition", view ? view->accessibleName() : QString(),
        definition.isEmpty() ? QStringLiteral("<p>This view shows no numbers of its own.</p>") : definition);
}

}
