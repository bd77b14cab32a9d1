/** The widget's style. What comes later counts more. */

import base from "./styles/base.css";
import composer from "./styles/composer.css";
import messages from "./styles/messages.css";
import panel from "./styles/panel.css";
import phone from "./styles/phone.css";
import system from "./styles/system.css";

export const STYLE = [base, panel, messages, composer, phone, system].join("");
