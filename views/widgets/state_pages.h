// SPDX-License-Identifier: GPL-3.0-or-later
//
// What stands where a picture would: nothing yet, or the reason why there is none. One look for all.
#pragma once

#include <QWidget>

class QLabel;
class QPushButton;
class QStackedWidget;
class QVBoxLayout;

namespace expertscope {

/// Texts and buttons in the middle of a page that may become as small as it likes.
class StatePage final : public QWidget
{
    Q_OBJECT
public:
    explicit StatePage(QWidget* parent = nullptr);

    QLabel* addHeading(const QString& text);
    QLabel* addText(const QString& text, const QString& id = {});
    /// Return presses it like Space.
    QPushButton* addButton(const QString& text, const QString& id);
    void add(QWidget* widget);

    QSize minimumSizeHint() const override { return {100, 60}; }

private:
    QVBoxLayout* m_layout = nullptr;
};

/// The focus of `view` is that of `shown` while the page that holds it is in front, else of the first button of the page
/// there: Tab would stay where it is before a proxy that cannot be seen.
void focusFollowsPage(QWidget* view, QStackedWidget* pages, QWidget* shown);

}
