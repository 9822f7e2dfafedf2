//! What nobody may see, and what nobody may do: values of people and secrets stay out of everything that is written, what a project's
//! author can write steers no terminal, page or spreadsheet, and reads and changes nothing but what it is meant to.

mod files;
