// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/desktop/palette/palette_item.h"

#include <QFrame>

class QLineEdit;
class QListWidget;

namespace expertscope {

/// One line to type in, and what it finds: arrows choose, Enter does it, Tab completes, Esc leaves. What was chosen
/// lately comes first, also in the next session.
class Palette final : public QFrame
{
    Q_OBJECT
public:
    explicit Palette(MainWindow& window);

    void open(const QString& query = {});
    /// What is offered now, and the line: for tests.
    const std::vector<PaletteItem>& items() const { return m_items; }
    QLineEdit& line() const { return *m_line; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fill();
    void choose(int row);
    bool complete(int row); ///< false: it asks for no more
    void step(int rows);

    MainWindow& m_window;
    QLineEdit* m_line = nullptr;
    QListWidget* m_list = nullptr;
    std::vector<PaletteItem> m_items;
};

}
