// SPDX-License-Identifier: GPL-3.0-or-later
//
// Asks for the page of a figure: size, font, labels, file. The picture is the one on the screen, on white.
#pragma once

#include "views/figure/figure_spec.h"

#include <QDialog>

#include <functional>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace expertscope {

class ExportDialog final : public QDialog
{
    Q_OBJECT
public:
    /// Writes the figure; returns what was written.
    using Writer = std::function<Expected<QStringList>(const FigureSpec&, const QString& path, bool alone)>;

    /// `spec` and its titles are what the dialog starts from.
    ExportDialog(const FigureSpec& spec, const QString& path, Writer writer, QWidget* parent = nullptr);

    FigureSpec spec() const;
    QString path() const;

private:
    void choosePreset(int index);
    void browse();
    void write();

    FigureSpec m_start;
    Writer m_writer;
    QComboBox* m_preset = nullptr;
    QDoubleSpinBox *m_width = nullptr, *m_height = nullptr;
    QSpinBox *m_fontSize = nullptr, *m_dpi = nullptr;
    QLineEdit *m_x = nullptr, *m_y = nullptr, *m_value = nullptr, *m_title = nullptr, *m_path = nullptr;
    QCheckBox* m_beside = nullptr;
    QLabel* m_error = nullptr;
};

}
