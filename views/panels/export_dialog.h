// SPDX-License-Identifier: GPL-3.0-or-later
//
// Asks for the page of a figure: size, font, labels, file. The picture is the one on the screen, on white.
#pragma once

#include "views/figure/figure_spec.h"

#include <QDialog>

#include <functional>
#include <optional>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace expertscope {

class ExportDialog final : public QDialog
{
    Q_OBJECT
public:
    /// Writes the figure; returns what was written. `replace`: the user was asked about what is there.
    using Writer
        = std::function<Expected<QStringList>(const FigureSpec&, const QString& path, bool alone, bool replace)>;

    /// `spec` and its titles are what the dialog starts from. `autoHeight`: in millimetres, of a page whose height is
    /// left open, if there is one; may be null. `note`: what a user should know; may be empty.
    ExportDialog(const FigureSpec& spec, const QString& path, Writer writer,
        std::function<std::optional<double>(const PageSpec&)> autoHeight = {}, const QString& note = {},
        QWidget* parent = nullptr);

    FigureSpec spec() const;
    QString path() const;

private:
    void choosePreset(int index);
    void browse();
    void write();
    void showAutoHeight();
    /// Files that would be replaced by writing.
    QStringList existing() const;
    void askBeforeReplacing(const QStringList& files);

    FigureSpec m_start;
    Writer m_writer;
    std::function<std::optional<double>(const PageSpec&)> m_autoHeight;
    QStringList m_mayReplace; ///< the files that the user was asked about
    QPushButton* m_export = nullptr;
    QComboBox* m_preset = nullptr;
    QDoubleSpinBox *m_width = nullptr, *m_height = nullptr;
    QSpinBox *m_fontSize = nullptr, *m_dpi = nullptr;
    QLineEdit *m_x = nullptr, *m_y = nullptr, *m_value = nullptr, *m_title = nullptr, *m_path = nullptr;
    QCheckBox* m_beside = nullptr;
    QLabel* m_error = nullptr;
};

}
